"""makemap, editmap and praliases: checking, converting, the line that tells of progress, records of many kinds."""
import os
import pathlib
import pty
import subprocess

import pytest

from conftest import BIN

KINDS = {'hash': '.db', 'btree': '.db', 'cdb': '.cdb', 'lmdb': '.lmdb'}
BUILT = [k for k in subprocess.run([BIN / 'makemap', '-l'], capture_output=True, text=True, check=True).stdout.split() if k in KINDS]


def tool(name, *args, input=None, status=0):
    done = subprocess.run([BIN / name, *map(str, args)], input=input, capture_output=True, text=True, timeout=120)
    assert done.returncode == status, (done.stdout, done.stderr)
    return done


def records(kind, path, *args):
    return sorted(tool('makemap', *args, '-u', kind, path).stdout.splitlines())


@pytest.fixture
def place(tmp_path):
    tmp_path.chmod(0o755)
    return tmp_path


@pytest.mark.contract(3, 80)
@pytest.mark.parametrize('kind', BUILT)
def test_a_map_of_each_type_is_made_checked_dumped_and_edited(place, kind):
    lines = [f'key{i}\tvalue {i}' for i in range(500)] + ['long\t' + 'v' * 5000]
    tool('makemap', kind, place / 'm', input='\n'.join(lines) + '\n')
    assert records(kind, place / 'm') == sorted(lines)
    assert '501 records, longest value 5000 bytes, 0 lost' in tool('makemap', '--check', kind, place / 'm').stdout
    tool('editmap', '-u', kind, place / 'm', 'New', 'n e w')
    tool('editmap', '-x', kind, place / 'm', 'key7')
    assert tool('editmap', '-q', kind, place / 'm', 'NEW').stdout == 'n e w\n'
    assert 'couldn\'t find key key7' in tool('editmap', '-q', kind, place / 'm', 'key7', status=69).stderr
    tool('makemap', '-o', kind, place / 'm', input='added\tlater\n')
    tool('makemap', '-o', '-r', kind, place / 'm', input='added\tonce more\n')
    assert 'duplicate key' in tool('makemap', '-o', kind, place / 'm', input='added\tx\n', status=65).stderr
    expected = sorted([line for line in lines if not line.startswith('key7\t')] + ['new\tn e w', 'added\tonce more'])
    assert records(kind, place / 'm') == expected


@pytest.mark.contract(3)
@pytest.mark.parametrize('kind', BUILT)
def test_records_of_one_type_become_another(place, kind):
    for source in BUILT:
        tool('makemap', source, place / 'm', input='b\t2\na\t1\nA\tfolded twice\n', status=65)
        tool('makemap', '--convert', source, kind, place / 'm')
        assert records(kind, place / 'm') == ['a\t1', 'b\t2']
        assert '2 records' in tool('makemap', '--check', kind, place / 'm').stdout


@pytest.mark.contract(3)
def test_a_damaged_map_does_not_pass_the_check(place):
    tool('makemap', 'cdb', place / 'm', input=''.join(f'key{i}\tvalue{i}\n' for i in range(100)))
    path = place / 'm.cdb'
    data = bytearray(path.read_bytes())
    data[2048 + 8:2048 + 12] = b'XXXX'      # the first key is another one now
    path.write_bytes(data)
    done = tool('makemap', '--check', 'cdb', place / 'm', status=65)
    assert '1 lost' in done.stdout and 'cannot be found' in done.stderr
    path.write_bytes(data[:3000])
    assert 'Invalid argument' in tool('makemap', '--check', 'cdb', place / 'm', status=73).stderr


@pytest.mark.contract(3)
def test_an_interrupted_makemap_leaves_the_old_map(place):
    tool('makemap', 'hash', place / 'm', input='a\told\n')
    process = subprocess.Popen([BIN / 'makemap', 'hash', place / 'm'], stdin=subprocess.PIPE)
    process.stdin.write(b'a\tnew\n' * 3)
    process.stdin.flush()
    process.kill()
    process.wait(60)
    assert records('hash', place / 'm') == ['a\told']
    tool('makemap', 'hash', place / 'm', input='a\tnewer\n')
    assert records('hash', place / 'm') == ['a\tnewer']
    assert [p.name for p in pathlib.Path(place).iterdir()] == ['m.db']


@pytest.mark.contract(3)
def test_long_work_shows_its_progress_on_a_terminal_only(place):
    master, terminal = pty.openpty()
    process = subprocess.Popen([BIN / 'makemap', '-e', 'btree', place / 'm'], stdin=subprocess.PIPE, stderr=terminal)
    os.close(terminal)
    shown = b''
    number = 0
    while b' records' not in shown and number < 50_000_000:     # it is told once a second, however fast the machine
        process.stdin.write(b''.join(b'key%09d\t\n' % i for i in range(number, number + 20000)))
        number += 20000
        os.set_blocking(master, False)
        try:
            shown += os.read(master, 10000)
        except BlockingIOError:
            pass
    process.stdin.close()
    assert process.wait(600) == 0
    assert b'makemap: ' in shown and b' records' in shown
    os.close(master)
    assert 'records' not in tool('makemap', '-e', 'btree', place / 'm', input='a\t\n').stderr


@pytest.mark.contract(6)
@pytest.mark.parametrize('kind', BUILT)
def test_praliases_shows_alias_databases_of_every_type(place, kind):
    tool('makemap', kind, place / 'aliases', input='one\talice\n@\t@\n')
    shown = tool('praliases', '-f', f'{kind}:{place / "aliases"}').stdout.splitlines()
    assert sorted(shown) == ['@:@', 'one:alice']
    assert tool('praliases', '-f', f'{kind}:{place / "aliases"}', 'one', 'none').stdout == 'one:alice\nnone: No such key\n'
