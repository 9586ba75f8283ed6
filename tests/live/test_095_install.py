"""meson install: a tree with everything that a site needs, which works where it is put."""
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from conftest import BIN

BUILD = BIN.parent


def safe_place():
    """A directory with no parent that everybody may write to: files that a configuration names are not read elsewhere."""
    places = (BUILD, pathlib.Path.home(), pathlib.Path('/var/lib'))
    return next(p for p in places if not any(d.stat().st_mode & 0o002 for d in (p, *p.resolve().parents)))


@pytest.fixture
def tree():
    """Installed below another root: the tree is not where it was built for."""
    root = pathlib.Path(tempfile.mkdtemp(prefix='install-', dir=safe_place()))
    root.chmod(0o755)
    yield install(root)
    shutil.rmtree(root)


def install(root):
    done = subprocess.run(['meson', 'install', '-C', BUILD, '--no-rebuild', '--destdir', root], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(root.rglob('sbin/postrider')).parent.parent


def run(tree, *args, text=None):
    return subprocess.run([tree / args[0], *args[1:]], input=text, capture_output=True, text=True, timeout=60)


def test_the_installed_tree_is_whole(tree):
    assert {p.name for p in (tree / 'etc/mail').iterdir()} >= {'sendmail.mc', 'sendmail.cf', 'submit.mc', 'aliases', 'local-host-names'}
    assert (tree / 'var/spool/mqueue').stat().st_mode & 0o777 == 0o700
    assert (tree / 'var/spool/clientmqueue').stat().st_mode & 0o777 == 0o770
    assert (tree / 'share/postrider/cf/m4/cf.m4').exists()
    assert (tree / 'share/man/man8/sendmail.8').exists()


@pytest.mark.contract(2)
def test_a_moved_tree_finds_its_configuration_queue_and_tables(tree):
    moved = tree.with_name('moved')
    tree.rename(moved)
    with open(moved / 'etc/mail/local-host-names', 'a') as f:
        f.write('here.example\n')
    said = run(moved, 'bin/newaliases')
    assert '2 aliases' in said.stdout, said
    assert (moved / 'etc/mail/aliases.db').exists()
    said = run(moved, 'sbin/sendmail', '-bt', text='$=w\n').stdout
    assert 'here.example' in said, said
    said = run(moved, 'sbin/sendmail', '-Am', '-odq', 'postmaster', text='Subject: x\n\nx\n')
    assert said.returncode == 0, said
    assert len(list((moved / 'var/spool/mqueue').rglob('qf*'))) == 1
    listed = run(moved, 'bin/mailq').stdout
    assert f'{moved}/var/spool/mqueue (1 request)' in listed, listed


def test_a_sites_own_files_are_kept(tree):
    mc = tree / 'etc/mail/sendmail.mc'
    mc.write_text('dnl ours\n')
    (tree / 'etc/mail/sendmail.cf').unlink()
    (tree / 'etc/mail/sendmail.cf').write_text('# ours\n')
    install(next(p for p in tree.parents if p.name.startswith('install-')))
    assert mc.read_text() == 'dnl ours\n'
    assert (tree / 'etc/mail/sendmail.cf').read_text() == '# ours\n'
