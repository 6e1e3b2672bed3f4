"""The usual ways to fail in German, French, Spanish, Portuguese, Italian, Dutch, Japanese and Chinese.

Servers answer in the language of the tenant. Data of `words.py`: lower case, four characters or more.
"""

from typing import Final

THROTTLED: Final = frozenset(
    {
        "zu viele anfragen", "anfragelimit", "ratenbegrenzung", "kontingent überschritten", "kontingent erschöpft",
        "trop de requêtes", "limite de requêtes", "quota dépassé", "demasiadas solicitudes", "demasiadas peticiones",
        "límite de solicitudes", "límite de frecuencia", "cuota superada", "muitas solicitações",
        "muitas requisições", "excesso de solicitações", "limite de solicitações", "limite de requisições",
        "troppe richieste", "te veel verzoeken", "te veel aanvragen", "リクエストが多すぎ", "レート制限",
        "リクエスト数の上限",
        "请求过于频繁", "请求次数过多", "请求过多", "访问频率", "요청이 너무 많",
    }
)  # fmt: skip
SERVER: Final = frozenset(
    {
        "interner serverfehler", "interner fehler", "wartungsarbeiten", "wird gewartet", "wird gerade gewartet",
        "vorübergehend nicht verfügbar", "derzeit nicht verfügbar", "dienst nicht verfügbar",
        "dienst ist nicht verfügbar",
        "erreur interne", "temporairement indisponible", "momentanément indisponible", "service indisponible",
        "en maintenance", "error interno", "servicio no disponible", "temporalmente no disponible",
        "en mantenimiento", "erro interno", "temporariamente indisponível", "serviço indisponível",
        "em manutenção", "errore interno", "temporaneamente non disponibile", "servizio non disponibile",
        "in manutenzione", "interne serverfout", "tijdelijk niet beschikbaar", "サーバー内部エラー",
        "内部サーバーエラー", "内部サーバー エラー",
        "サービスを利用できません", "サービスは一時的に", "メンテナンス中", "服务器内部错误", "服务不可用",
        "服务暂时不可用", "系统维护", "내부 서버 오류",
    }
)  # fmt: skip
UNAUTHORIZED: Final = frozenset(
    {
        "nicht autorisiert (401)", "authentifizierung fehlgeschlagen", "authentifizierung ist fehlgeschlagen",
        "anmeldung fehlgeschlagen", "ungültige anmeldedaten", "ungültige anmeldeinformationen",
        "ungültiger api-schlüssel",
        "ungültiger schlüssel", "ungültiges token", "ungültiges zugriffstoken", "token ist abgelaufen",
        "token ist ungültig", "zugriffstoken ist abgelaufen", "token abgelaufen", "sitzung ist abgelaufen",
        "sitzung abgelaufen", "passwort falsch", "falsches passwort", "kennwort ist falsch",
        "anmeldung ist abgelaufen", "échec de l'authentification", "échec d'authentification",
        "authentification échouée", "identifiants invalides", "identifiants incorrects", "mot de passe incorrect",
        "clé api invalide", "clé d'api invalide", "jeton invalide", "jeton expiré", "jeton d'accès a expiré",
        "jeton a expiré", "session a expiré", "session expirée", "error de autenticación", "autenticación fallida",
        "credenciales no válidas", "credenciales inválidas", "contraseña incorrecta", "clave de api no válida",
        "clave api no válida", "clave de api inválida", "token no válido", "token inválido", "token ha caducado",
        "token ha expirado", "token de acceso ha caducado", "token de acceso ha expirado", "token caducado",
        "sesión ha caducado", "sesión ha expirado", "falha na autenticação", "falha de autenticação",
        "credenciais inválidas", "senha incorreta", "chave de api inválida", "token expirou", "token expirado",
        "token de acesso expirou", "sessão expirou", "autenticazione non riuscita", "credenziali non valide",
        "password errata", "token non valido", "token scaduto", "token è scaduto", "sessione scaduta",
        "authenticatie mislukt", "ongeldige inloggegevens", "token is verlopen", "認証に失敗", "認証エラー",
        "トークンの有効期限", "トークンが無効", "apiキーが無効", "パスワードが正しく", "セッションの有効期限",
        "身份验证失败", "认证失败", "令牌已过期", "令牌无效",
        "登录失败", "密码错误", "인증에 실패", "토큰이 만료",
    }
)  # fmt: skip
FORBIDDEN: Final = frozenset(
    {
        "zugriff verweigert", "zugriff wurde verweigert", "keine berechtigung", "nicht berechtigt",
        "fehlende berechtigung", "unzureichende berechtigung", "nicht die erforderlichen berechtigungen",
        "accès refusé", "accès interdit", "pas autorisé à", "n'avez pas l'autorisation", "droits insuffisants",
        "autorisations insuffisantes", "acceso denegado", "no tiene permiso", "no tienes permiso",
        "permisos insuficientes", "no está autorizado", "acesso negado", "não tem permissão",
        "permissões insuficientes", "não está autorizado", "accesso negato", "autorizzazioni insufficienti",
        "non autorizzato a", "toegang geweigerd", "geen toegang", "アクセスが拒否", "アクセス権がありません",
        "権限がありません", "権限が不足",
        "访问被拒绝", "拒绝访问", "没有权限", "权限不足", "액세스가 거부", "권한이 없습니다",
    }
)  # fmt: skip
NOT_FOUND: Final = frozenset(
    {
        "wurde nicht gefunden", "nicht gefunden", "existiert nicht", "est introuvable", "n'existe pas",
        "n'a pas été trouvé", "no se encontró", "no se ha encontrado", "no existe", "não encontrado",
        "não foi encontrado", "não existe", "non trovato", "non esiste", "niet gevonden", "見つかりません",
        "存在しません",
        "找不到指定", "未找到指定", "찾을 수 없습니다",
    }
)  # fmt: skip
NETWORK: Final = frozenset(
    {
        "zeitüberschreitung", "verbindung verweigert", "verbindung abgelehnt", "verbindung wurde getrennt",
        "verbindung unterbrochen", "verbindung wurde zurückgesetzt", "verbindung fehlgeschlagen",
        "keine verbindung", "nicht erreichbar", "délai d'attente", "délai dépassé", "connexion refusée",
        "connexion interrompue", "connexion réinitialisée", "impossible de se connecter", "tiempo de espera",
        "conexión rechazada", "conexión restablecida", "conexión interrumpida", "no se pudo conectar",
        "tempo limite", "tempo esgotado", "conexão recusada", "conexão foi interrompida", "conexão redefinida",
        "não foi possível conectar", "tempo scaduto", "connessione rifiutata", "connessione interrotta",
        "verbinding geweigerd", "time-out opgetreden", "タイムアウト", "接続が拒否", "接続できません",
        "接続がリセット", "连接超时", "请求超时",
        "连接被拒绝", "连接已重置", "시간이 초과",
    }
)  # fmt: skip
TLS: Final = frozenset(
    {
        "zertifikat ist abgelaufen", "zertifikat abgelaufen", "zertifikat ist ungültig", "ungültiges zertifikat",
        "zertifikat ist nicht vertrauenswürdig", "certificat a expiré", "certificat expiré", "certificat invalide",
        "certificat n'est pas", "certificado ha caducado", "certificado ha expirado", "certificado caducado",
        "certificado no válido", "certificado expirou", "certificado expirado", "certificado inválido",
        "certificato scaduto", "certificato non valido", "証明書の有効期限", "証明書が無効", "证书已过期", "证书无效",
    }
)  # fmt: skip
DNS: Final = frozenset(
    {
        "name oder dienst nicht bekannt", "host wurde nicht gefunden", "nom ou service inconnu", "hôte inconnu",
        "nombre o servicio desconocido", "servidor desconocido", "nome ou serviço desconhecido",
        "nome o servizio sconosciuto", "未知的名称或服务", "名前またはサービスが不明",
    }
)  # fmt: skip
CURSOR: Final = frozenset(
    {
        "vollständige synchronisierung erforderlich", "neusynchronisierung erforderlich",
        "synchronisationstoken ist abgelaufen", "resynchronisation requise", "sincronización completa",
    }
)  # fmt: skip
