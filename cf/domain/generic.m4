divert(-1)
generic: an example of what the hosts of a site have in common.

define(`confFORWARD_PATH', `$z/.forward.$w+$h:$z/.forward+$h:$z/.forward.$w:$z/.forward')
define(`confMAX_HEADERS_LENGTH', `32768')
FEATURE(`redirect')
define(`confCW_FILE', `MAIL_SETTINGS_DIR`'local-host-names %[^\#]')
FEATURE(`use_cw_file')
EXPOSED_USER(`root')
