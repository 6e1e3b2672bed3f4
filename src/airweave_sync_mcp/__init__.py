"""See, explain and repair the sync jobs of an Airweave organization, through the Model Context Protocol."""
