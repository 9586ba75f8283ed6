"""Debian's sendmail from the comparison kit's root, run beside ours on the same files.

The root is a read-only layer under a temporary one, in a mount namespace of its own; a directory of the test appears in it at the
same path. The network is the host's, so that both ask the same servers on loopback.
"""
import os
import pathlib
import subprocess

import pytest

from conftest import BIN

ROOT = pathlib.Path(os.environ.get('ORACLE_DIR', '/var/tmp/sendmail-oracle'))
PROGRAMS = {'sendmail': 'usr/libexec/sendmail/sendmail', 'newaliases': 'usr/libexec/sendmail/sendmail',
            'praliases': 'usr/libexec/sendmail/praliases', 'makemap': 'usr/libexec/sendmail/makemap'}
ENTER = '''set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$1"
mkdir "$1/up" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=$2,upperdir=$1/up,workdir=$1/work" "$1/root"
mkdir -p "$1/root$3"
mount --bind "$3" "$1/root$3"
mount --bind /dev "$1/root/dev"
root=$1/root
shift 3
exec chroot "$root" "$@"'''


def need_reference():
    if os.getuid() != 0 or not (ROOT / '.oracle-ready').exists():
        pytest.skip('needs root and the comparison kit (setup-oracle)')


def run_reference(directory, program, *args, input=b'', timeout=120):
    """stdout and stderr together, and the exit status. `directory` is seen by both sides; it must not be below /tmp's root itself."""
    directory = pathlib.Path(directory)
    space = directory / '.reference'
    space.mkdir(exist_ok=True)
    p = subprocess.run(['unshare', '--mount', 'sh', '-c', ENTER, 'enter', space, ROOT, directory, '/' + PROGRAMS[program], *map(str, args)],
                       input=input, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout)
    return p.stdout.decode(errors='surrogateescape'), p.returncode


def run_ours(directory, program, *args, input=b'', timeout=120):
    del directory
    p = subprocess.run([BIN / program, *map(str, args)], input=input, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout)
    return p.stdout.decode(errors='surrogateescape'), p.returncode
