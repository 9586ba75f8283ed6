divert(-1)
smrsh: programs only from a directory

define(`LOCAL_SHELL_PATH', ifelse(len(X`'_ARG_), 1, `_libexec`/smrsh'', `_ARG_'))
define(`LOCAL_SHELL_ARGS', `smrsh -c $u')
