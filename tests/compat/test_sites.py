"""Whole sites: each of seven generated configurations runs under Debian's sendmail and under postrider; the same mail is put in
by swaks, from inside and from outside, and by bsd-mailx; it must come out in the same mailboxes, files and hosts, with the
same envelope and the same text (times, ids and versions apart).
"""
import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys
import types

import pytest

from conftest import BIN
from test_oracle import KIT, kit                                                    # noqa: F401

BOX = pathlib.Path(__file__).with_name('site_box.py')
SUBMIT_MC = "OSTYPE(`linux')dnl\ndefine(`MSP_QUEUE_DIR', `/var/spool/mqueue-client')dnl\nFEATURE(`msp', `[127.0.0.1]', `25')dnl\n"

# Names that every site takes, then what is particular to it. Nothing that goes to hosts of equal preference.
LOCAL = ['alice@mail.oracle.example', 'bob@mail.oracle.example', 'nobody-there@mail.oracle.example']
REMOTE = ['ann@example.com', 'ben@example.net', 'carl@[203.0.113.5]', 'bad@perrcpt.test', 'good@perrcpt.test', 'x@reject.test']
SITES = {
    'plain': ['all@mail.oracle.example', 'nested@mail.oracle.example', 'tofile@mail.oracle.example', 'toprog@mail.oracle.example',
              'included@mail.oracle.example', 'self@mail.oracle.example', 'fwd.erin@mail.oracle.example',
              'frank@mail.oracle.example', 'alice+detail@mail.oracle.example', 'devnull@mail.oracle.example'],
    'hub': ['team@mail.oracle.example', 'file@mail.oracle.example', 'prog@mail.oracle.example', 'a@host.wild.example',
            'a@localish.example', 'a@special.example', 'a@err.example', 'a@port.example', 'old@x.example.REDIRECT'],
    'virtual': ['info@virt.example', 'sales@virt.example', 'list@virt.example', 'support+urgent@virt.example', 'support+x@virt.example',
                'other@virt.example', 'abuse@other-virt.example', 'gone@other-virt.example', 'x@other-virt.example', 'x@far.example',
                'x@lcl.example', 'bob@lcl2.example', 'x@port.example', 'virtlocal@vhost.example'],
    'generic': ['info.foo@foo.example', 'INFO.BAR@bar.example', 'program@mail.oracle.example', 'list@mail.oracle.example',
                'escaped@mail.oracle.example'],
    'masq': ['carol@oracle.example', 'dave@alias.example', 'x@lists.oracle.example', 'x@ftp.example.com'],
    'localonly': ['ok@mail.oracle.example', 'prog@mail.oracle.example', 'alice+detail@mail.oracle.example'],
    'queues': ['carol@oracle.example', 'dave@mail.oracle.example', 'x@far.example'],
}


def messages(site):
    """What is put in: one recipient a message from outside, several from inside, and a user's own mail."""
    known = LOCAL + SITES[site]
    sent = [('outside', 'peer@client.example.org', [to]) for to in known]
    sent += [('inside', 'carol@mail.oracle.example', known[:2] + REMOTE[:2])]
    sent += [('inside', 'dave@mail.oracle.example', [to]) for to in REMOTE[2:]]
    sent += [('inside', 'root@mail.oracle.example', [to]) for to in SITES[site]]
    sent += [('mailx', 'alice', [to]) for to in ('bob', 'erin@mail.oracle.example', 'ann@example.com', 'nobody-there', SITES[site][0])]
    return [{'by': by, 'from': sender, 'to': to, 'mark': f'message {i} by {by}'} for i, (by, sender, to) in enumerate(sent)]


def run_box(oracle, run, impl, config, submit_cf, sent, expect):
    out = pathlib.Path(run.tmp) / f"{config.name}-{impl['name']}"
    out.mkdir()
    job = dict(kind='site', impl=impl, oracle_dir=oracle.oracle_dir(), out=str(out), work=str(out / 'mnt'), zone=config.zone,
               config=dict(cf=run.cf(config), submit_cf=submit_cf, files=config.files, maps=config.maps, sasl=config.sasl),
               certs=run.certs(), ports=[int(p) for p in config.opts.get('ports', '25').split()], messages=sent, expect=expect)
    (out / 'job.json').write_text(json.dumps(job))
    done = subprocess.run(['unshare', '--mount', '--uts', '--ipc', '--net', '--pid', '--fork', '--kill-child', '--mount-proc',
                           sys.executable, '-B', BOX, KIT, out / 'job.json'],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900)
    result = out / 'result.json'
    assert result.exists(), done.stderr[-2000:]
    return json.loads(result.read_text())


def normal(oracle, text):
    """A message without what two runs never share. In what a report returns and in Received lines, sizes differ with the ids; a
    program that ends without reading may or may not be gone before the message is written to it."""
    text = text.replace('451 4.0.0 putbody: write error: Broken pipe\n', '')
    text = re.sub(r'[0-9A-Za-z]{14}\.\d{9,10}/', '<BOUNDARY>/', text)
    text = re.sub(r"\bSIZE=\d+", "SIZE=<N>", text)
    text = re.sub(r'(?m)^Message-I[dD]: .*', 'Message-Id: <ID>', text)
    return oracle.Norm().text(text)


def arrived(oracle, result):
    return sorted([where, normal(oracle, envelope), normal(oracle, text)] for where, envelope, text in result['deliveries'])


def difference(oracle, theirs, ours):
    """The deliveries that only one side has, as a text; '' when there are none."""
    out = []
    for name, left, right in (('sendmail', theirs, ours), ('postrider', ours, theirs)):
        right = list(right)
        for item in left:
            if item in right:
                right.remove(item)
            else:
                out.append(f'only {name}: {item[0]} {item[1]}\n{item[2]}')
    return '\n'.join(out)


pytestmark = [pytest.mark.long, pytest.mark.xdist_group('sites')]


@pytest.fixture(scope='module')
def results(kit, tmp_path_factory):
    """Every site under both programs, some at a time; {site: (sendmail's result, ours)}."""
    sys.path.insert(0, str(kit / 'lib'))
    import oracle                                                                   # pylint: disable=import-error
    options = types.SimpleNamespace(jobs=1, keep=False, verbose=False, cand_m4=None, own_maps=False, candidate=str(BIN / 'sendmail'))
    run = oracle.Run(options)
    mc = tmp_path_factory.mktemp('submit') / 'submit.mc'
    mc.write_text(SUBMIT_MC)
    submit_cf = oracle.m4(str(mc), str(mc.with_suffix('.cf')))
    run.certs()

    def both(site):
        config, sent = oracle.Config(str(kit / 'corpus' / site)), messages(site)
        theirs = run_box(oracle, run, oracle.REAL, config, submit_cf, sent, 0)
        ours = run_box(oracle, run, oracle.candidate(options), config, submit_cf, sent, len(theirs['deliveries']))
        return theirs, ours

    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        found = dict(zip(SITES, pool.map(both, SITES)))
    yield oracle, found
    run.close()


@pytest.mark.contract(74, 75, 79, 83, 92, 167)
@pytest.mark.parametrize('site', SITES)
def test_mail_comes_out_where_sendmail_puts_it(results, site):
    oracle, found = results
    theirs, ours = found[site]
    assert theirs['started'], theirs['said']
    assert ours['started'], ours['said']
    assert theirs['status'] == ours['status'], list(zip(messages(site), theirs['status'], ours['status']))
    assert len(theirs['deliveries']) > 5
    text = difference(oracle, arrived(oracle, theirs), arrived(oracle, ours))
    assert not text, text + '\n'.join(ours['log'])
