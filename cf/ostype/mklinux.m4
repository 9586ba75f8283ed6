divert(-1)
mklinux: as linux.

_part(`ostype', `linux', `OSTYPE')
