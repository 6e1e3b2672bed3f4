# Sourced by the other scripts: a virtual environment with this project in it, made when needed.
# VENV_DIR says where (default .venv); PYTHON which Python to make it with.

VENV="${VENV_DIR:-.venv}"

# Prints a Python of at least 3.11 that can make virtual environments.
find_python() {
  local candidate without_venv=""
  for candidate in ${PYTHON:+"$PYTHON"} python3 python3.13 python3.12 python3.11; do
    "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
    if "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
      echo "$candidate"
      return
    fi
    without_venv="$candidate"
  done
  if [ -n "$without_venv" ]; then
    echo "$without_venv cannot make virtual environments: install its venv module (on Debian: apt install python3-venv)." >&2
  else
    echo "Python 3.11 or newer is needed, and neither python3 nor python3.11 to python3.13 is one: install it, or set PYTHON." >&2
  fi
  return 1
}

# prepare_venv [EXTRA]: makes the environment, or brings it up to date when pyproject.toml has changed since.
prepare_venv() {
  local extra="${1:-}" stamp python
  stamp="$PWD $(cksum < pyproject.toml)"
  if "$VENV/bin/python" -c '' 2>/dev/null; then
    # What was installed with an extra does for what needs none.
    grep -qsxF "$stamp" "$VENV/installed$extra" ${extra:-"$VENV/installed[dev]"} && return
  else
    if [ -n "$(ls -A "$VENV" 2>/dev/null)" ] && [ ! -e "$VENV/pyvenv.cfg" ]; then
      echo "$VENV is not a virtual environment and not empty: set VENV_DIR to another directory." >&2
      return 1
    fi
    python="$(find_python)"
    echo "Making a virtual environment in $VENV; this takes a minute, once." >&2
    "$python" -m venv --clear "$VENV"
  fi
  "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --editable ".$extra"
  echo "$stamp" > "$VENV/installed$extra"
}
