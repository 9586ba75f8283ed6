"""`postrider check` against real files: silent on each of the comparison kit's corpus, and told of each fault planted in copies of them.

The .cf files are made by the reference's cf tree when the test runs. Skipped where the kit is not.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

from conftest import BIN
from test_oracle import KIT, kit  # noqa: F401

pytestmark = [pytest.mark.usefixtures('kit'), pytest.mark.xdist_group('check')]
ROOT = pathlib.Path(os.environ.get('ORACLE_DIR', '/var/tmp/sendmail-oracle'))
SOURCES = sorted([*KIT.glob('corpus/*/config.mc'), *KIT.glob('corpus/*/submit.mc'), ROOT / 'etc/mail/sendmail.mc', ROOT / 'etc/mail/submit.mc'])


def label(path):
    return f'{path.parent.name}-{path.stem}'


SOUND = [s for s in SOURCES if s.exists()]

@pytest.fixture(scope='session')
def made(tmp_path_factory):
    """path of an .mc file -> the .cf file that the reference makes of it"""
    where = tmp_path_factory.mktemp('cf')

    def make(mc):
        out = where / f'{label(mc)}.cf'
        if not out.exists():
            done = subprocess.run([KIT / 'oracle-m4', mc], capture_output=True, timeout=120, check=True)
            out.write_bytes(done.stdout)
        return out
    return make


def check(*paths):
    done = subprocess.run([BIN / 'postrider', 'check', '--json', *paths], capture_output=True, text=True, timeout=120)
    assert done.stdout.startswith('{'), done.stderr
    return json.loads(done.stdout), done.returncode


@pytest.mark.parametrize('mc', SOUND, ids=[label(s) for s in SOUND])
def test_is_silent_on_sound_files(mc, made):
    for path in (mc, made(mc)):
        said, status = check(path)
        loud = [f for f in said['findings'] if f['severity'] != 'note']
        assert not loud, loud
        assert status == 0


SHELL = 'exec -a postrider /usr/libexec/sendmail/sendmail "$@"'


@pytest.mark.parametrize('name', ['hub', 'rules', 'virtual'])
def test_is_silent_where_the_files_are_installed(name):
    sys.path.insert(0, str(KIT / 'lib'))
    import oracle  # pylint: disable=import-error,import-outside-toplevel
    run = oracle.Run(argparse.Namespace(jobs=1, keep=False, cand_m4=None, own_maps=False, verbose=False))
    candidate = oracle.candidate(argparse.Namespace(candidate=str(BIN / 'sendmail')))
    step = {'argv': ['/bin/bash', '-c', SHELL, 'postrider', 'check', '--json']}
    try:
        got = run.box('maps', candidate, oracle.Config(str(KIT / 'corpus' / name)), cases=[{'name': 'check', 'steps': [step]}])
    finally:
        run.close()
    assert 'error' not in got, got['error']
    said = json.loads(got['cases'][0]['steps'][0]['out'])
    assert said['exit'] == 0, said['findings']


# ---- faults: functions that give (text, line or None, kinds that tell of it) for each place where they fit ----

def lines_of(text):
    return text.split('\n')


def edited(lines, i, new):
    return '\n'.join(lines[:i] + new + lines[i + 1:])


def swapped(word):
    """Two letters in the middle change places."""
    for i in range(len(word) // 2, 0, -1):
        if word[i] != word[i - 1]:
            return word[:i - 1] + word[i] + word[i - 1] + word[i + 1:]
    return None


def every(found, most):
    """At most so many of them, spread over the whole."""
    step = max(1, len(found) // most)
    return found[::step][:most]


def in_rules(text, pattern, kinds, most=4, change=swapped):
    lines = lines_of(text)
    places = [(i, m) for i, l in enumerate(lines) if l.startswith('R') for m in re.finditer(pattern, l)]
    for i, m in every(places, most):
        word = change(m.group(1))
        if word and word not in text:
            yield edited(lines, i, [lines[i][:m.start(1)] + word + lines[i][m.end(1):]]), i + 1, kinds


def cf_map_name(text):
    yield from in_rules(text, r'\$\((access|mailertable|virtuser|generics|domaintable|resolve|dequote|dnsbl|checkaddress|bestmx)\b', ['unknown-map'])


def cf_ruleset_name(text):
    yield from in_rules(text, r'\$>"?([A-Za-z_]{6,})', ['empty-ruleset'], 6)


def cf_class_name(text):
    yield from in_rules(text, r'\$=\{([A-Za-z]{4,})\}', ['empty-class'])


def cf_mailer_name(text):
    yield from in_rules(text, r'\$#\s?(local|esmtp|relay|smtp|uucp-new|discard2)\b.*\$:', ['unknown-mailer'])


def cf_macro_name(text):
    yield from in_rules(text, r'\$&\{([a-z_]{6,})\}', ['undefined-macro'], 6)


def cf_replacement(text):
    lines = lines_of(text)
    for i in every([i for i, l in enumerate(lines) if l.startswith('R') and re.search(r'\t.*\$1', l)], 3):
        yield edited(lines, i, [lines[i].replace('$1', '$9')]), i + 1, ['error']


def cf_tabs(text):
    lines = lines_of(text)
    rules = [i for i, l in enumerate(lines) if re.match(r'R\S.*\t+\$[:@#>(]', l)]
    for i in every(rules, 3):
        yield edited(lines, i, [lines[i].replace('\t', '        ')]), i + 1, ['error']
    for i in every([i for i in rules if re.match(r'R[^\t]*\t+[^\t]+\t+\S', lines[i])], 3):
        yield edited(lines, i, [re.sub(r'\t+', '    ', lines[i], count=1)]), i + 1, ['lost-tab']


def cf_indented(text):
    lines = lines_of(text)
    for i in every([i for i, l in enumerate(lines) if re.match(r'R\$.*\t', l)], 3):
        yield edited(lines, i, [' ' + lines[i]]), i + 1, ['swallowed-line']
    for i in every([i for i, l in enumerate(lines) if re.match(r'O [A-Z]\w+=', l)], 2):
        yield edited(lines, i, ['\t' + lines[i]]), i + 1, ['swallowed-line']


def ruleset(line):
    return re.match(r'S(\w*)', line).group(1)


def cf_dead(text):
    lines = lines_of(text)
    firsts = [i for i, l in enumerate(lines) if l.startswith('R') and lines[i - 1].startswith('S')
              and sum(1 for x in lines if re.match(r'S\w*', x) and ruleset(x) == ruleset(lines[i - 1])) == 1]
    for i in every(firsts, 4):
        yield edited(lines, i, ['R$*\t$@ $1', lines[i]]), i + 2, ['dead-rule']
        yield edited(lines, i, [lines[i].split('\t')[0] + '\t\t$@ same', lines[i]]), i + 2, ['dead-rule']
        if re.match(r'R(<|\$\+|\$-|\$=)', lines[i]) and '$&' not in lines[i].split('\t')[0]:
            yield edited(lines, i, ['R$+\t$#error $: no', lines[i]]), i + 2, ['dead-rule']


def cf_option_name(text):
    lines = lines_of(text)
    for i in every([i for i, l in enumerate(lines) if re.match(r'O [A-Z]\w{6,}=', l)], 6):
        m = re.match(r'O (\w+)', lines[i])
        yield edited(lines, i, ['O ' + swapped(m.group(1)) + lines[i][m.end():]]), i + 1, ['error']


def cf_option_value(text):
    lines = lines_of(text)
    for i in every([i for i, l in enumerate(lines) if re.match(r'O (Max\w+|MinFreeBlocks|CheckpointInterval)=\d+$', l)], 3):
        yield edited(lines, i, [lines[i] + 'MB']), i + 1, ['option-value']
    for i in every([i for i, l in enumerate(lines) if re.match(r'O \w+=(True|False)$', l)], 3):
        yield edited(lines, i, [lines[i].split('=')[0] + '=on']), i + 1, ['option-value']


def cf_twice(text):
    lines = lines_of(text)
    for i in every([i for i, l in enumerate(lines) if re.match(r'K\w+ hash ', l)], 2):
        yield text + re.match(r'K\w+', lines[i]).group(0) + ' hash /other/file\n', len(lines), ['map-twice']
    for i in every([i for i, l in enumerate(lines) if re.match(r'M\w+,', l)], 2):
        yield text + lines[i].rstrip(',') + ', A=TCP $h\n', len(lines), ['mailer-twice']
    named = [l for l in lines if re.match(r'S[a-z]\w+(=\d+)?$', l)]
    for l in every(named, 2):
        yield text + l + '\nR$* nevermore\t$1\n', len(lines), ['ruleset-twice']


def cf_spare(text):
    n = len(lines_of(text))
    yield text + 'Kspare hash /etc/mail/spare\n', n, ['unused-map', 'spare']
    yield text + 'Sspare_rules\nR$* x\t$1\n', n, ['unused-ruleset', 'spare_rules']
    yield text + 'Scheck_rctp\nR$* x\t$1\n', n, ['unused-ruleset']
    yield text + 'O Hacks=x\n', None, ['option-ignored']
    yield text + 'O FIPSMode=true\n', None, ['option-not-built']
    yield 'R$* x\t$1\n' + text, 1, ['error']


def cf_hooks(text):
    lines = lines_of(text)
    for i in every([i for i, l in enumerate(lines) if re.match(r'Scheck_\w+$', l)], 4):
        yield edited(lines, i, ['S' + swapped(lines[i][1:])]), i + 1, ['unused-ruleset']


def cf_bytes(text):
    lines = lines_of(text)
    yield text.rstrip('\n'), None, ['no-line-end']
    yield text.replace('\n', '\r\n'), None, ['crlf']
    i = next(i for i, l in enumerate(lines) if l.startswith('O '))
    yield edited(lines, i, [lines[i].replace(' ', '\u00a0', 1)]), i + 1, ['odd-character']


def code_lines(lines, pattern):
    """Lines of an .mc file that call a macro at their beginning, before any local section."""
    end = next((i for i, l in enumerate(lines) if re.match(r'LOCAL_(CONFIG|RULE|NET)|MAILER_DEFINITIONS', l)), len(lines))
    return [i for i in range(end) if re.match(pattern, lines[i])]


def mc_names(text):
    lines = lines_of(text)
    for pattern, kind in ((r"define\(`(conf\w{5,})'", 'unknown-define'), (r"FEATURE\(`?(\w{5,})'?[,)]", 'unknown-feature'),
                          (r"MAILER\(`?(smtp|local|procmail|uucp|cyrus)'?\)", 'unknown-mailer-file'), (r"OSTYPE\(`?(\w+)'?\)", 'unknown-ostype'),
                          (r"DOMAIN\(`?([\w-]+)'?\)", 'unknown-domain')):
        for i in code_lines(lines, pattern):
            m = re.match(pattern, lines[i])
            for word in (swapped(m.group(1)), m.group(1)[:-1] if len(m.group(1)) > 6 else None):
                if word and word not in text:
                    yield edited(lines, i, [lines[i][:m.start(1)] + word + lines[i][m.end(1):]]), i + 1, [kind]


def mc_macros(text):
    lines = lines_of(text)
    for i in every(code_lines(lines, r'[A-Z_]{6,}\(`'), 8):
        m = re.match(r'\w+', lines[i])
        yield edited(lines, i, [swapped(m.group(0)) + lines[i][m.end():]]), i + 1, ['unknown-macro']
        yield edited(lines, i, [m.group(0) + ' ' + lines[i][m.end():]]), i + 1, ['blank-before-arguments']
    for i in every(code_lines(lines, r"define\(`conf"), 4):
        yield edited(lines, i, ['defin' + lines[i][6:]]), i + 1, ['unknown-macro']


def mc_quotes(text):
    lines = lines_of(text)
    for i in every(code_lines(lines, r"(define|FEATURE|MAILER|OSTYPE|DOMAIN)\(`[^`']*'"), 10):
        close = lines[i].index("'")
        yield edited(lines, i, [lines[i][:close] + lines[i][close + 1:]]), i + 1, ['quote']
        yield edited(lines, i, [lines[i].replace('`', '', 1)]), i + 1, ['quote']
        yield edited(lines, i, [lines[i].replace('`', "'", 1)]), i + 1, ['quote']
        yield edited(lines, i, [lines[i].replace('`', '"', 1).replace("'", '"', 1)]), i + 1, ['quote']
        yield edited(lines, i, [lines[i].replace('`', '\u2018', 1).replace("'", '\u2019', 1)]), i + 1, ['odd-character']


def mc_parentheses(text):
    lines = lines_of(text)
    for i in every(code_lines(lines, r"(define|FEATURE|MAILER|OSTYPE)\([^()]*\)(dnl)?$"), 6):
        yield edited(lines, i, [lines[i].replace(')', '', 1)]), i + 1, ['parenthesis']


def mc_dnl(text):
    lines = lines_of(text)
    for i in every(code_lines(lines, r"(define|FEATURE|MAILER|OSTYPE).*\)dnl$"), 4):
        yield edited(lines, i, [lines[i][:-3] + 'dln']), i + 1, ['unknown-macro']
        yield edited(lines, i, [lines[i][:-1]]), i + 1, ['unknown-macro']
    for i in every(code_lines(lines, r'FEATURE\('), 4):
        yield edited(lines, i, ['dnl' + lines[i]]), i + 1, ['dnl']


def mc_order(text):
    lines = lines_of(text)
    mailers = code_lines(lines, r'MAILER\(')
    for i in every(code_lines(lines, r'FEATURE\('), 3):
        if mailers and i < mailers[-1]:
            moved = lines[:i] + [''] + lines[i + 1:mailers[-1] + 1] + [lines[i]] + lines[mailers[-1] + 1:]
            yield '\n'.join(moved), mailers[-1] + 2, ['order']
    if mailers:
        yield edited(lines, mailers[-1], [lines[mailers[-1]], "define(`SMTP_MAILER_MAX', `1000')"]), mailers[-1] + 2, ['order']


def mc_values(text):
    lines = lines_of(text)
    for i in every(code_lines(lines, r"define\(`conf\w+', ?`[^']+'\)"), 4):
        m = re.match(r"define\(`(conf\w+)'", lines[i])
        yield edited(lines, i, [lines[i], f"define(`{m.group(1)}', `quite another')dnl"]), i + 2, ['twice']
    at = code_lines(lines, r'OSTYPE\(')
    for extra, kind in (("define(`confMAX_MESSAGE_SIZE', `20M')", 'argument'), ("FEATURE(`virtusertable', `/etc/mail/vt')", 'argument'),
                        ("MASQUERADE_AS(`@example.com')", 'argument'), ("RELAY_DOMAIN(`/etc/mail/relay')", 'argument'),
                        ("GENERICS_DOMAIN_FILE(`example.com')", 'argument'), ("define(`SMART_HOTS', `[a.b]')", 'unknown-define'),
                        ("define(`MAX_DAEMON_CHILDREN', `9')", 'unknown-define'), ("FEATURE(`access_db' `hash /a')", 'argument')):
        if at:
            yield edited(lines, at[0], [lines[at[0]], extra]), at[0] + 2, [kind]


def mc_rules(text):
    yield text.rstrip('\n') + '\nLOCAL_RULESETS\nSLocal_check_mail\nR$* bad $*    $#error $: no\n', len(lines_of(text.rstrip('\n'))) + 3, ['lost-tab']
    yield text.rstrip('\n'), None, ['no-line-end']
    yield text.replace('\n', '\r\n'), None, ['crlf']


LOCAL_FAULTS = (
    ('LOCAL_CONFIG', ['O MaxHopCuont=12'], 0, 'error'), ('LOCAL_CONFIG', ['O MaxHopCount=12x'], 0, 'option-value'),
    ('LOCAL_CONFIG', ['Kplanted hash -o /etc/mail/planted'], 0, 'unused-map'), ('LOCAL_CONFIG', ['Kplanted nosuchclass /x'], 0, 'error'),
    ('LOCAL_NET_CONFIG', ['R$* < @ $={Planted} > $*\t$#error $: no'], 0, 'empty-class'), ('LOCAL_RULE_0', ['R$* planted\t$#plnted $@ a $: $1'], 0, 'unknown-mailer'),
    ('LOCAL_RULE_0', ['R$- < @ planted. >\t$#error $: no', 'R$- < @ planted. >\t$#error $: yes'], 1, 'dead-rule'), ('LOCAL_RULE_3', ['R$* planted\t$(plnted $1 $)'], 0, 'unknown-map'),
    ('LOCAL_RULESETS', ['SLocal_planted', 'R$* planted\t$: $9'], 1, 'error'), ('LOCAL_RULESETS', ['Sbasic_planted', '# one', 'R$* planted\t$: $1'], 0, 'unused-ruleset'),
    ('LOCAL_RULESETS', ['SLocal_check_mail', 'R$* planted\t$: $>Plnted $1'], 1, 'empty-ruleset'), ('LOCAL_RULESETS', ['SLocal_check_mail', 'R$* planted\t$: $&{client_adr}'], 1, 'undefined-macro'),
    ('LOCAL_RULESETS', ['SLocal_check_mail', 'R$* planted', '\t\t$: $1 $)'], 2, 'unbalanced'))


def mc_local(text):
    sound = re.sub(r'(?m)^include\(`/etc/mail/m4/.*', 'dnl', text.rstrip('\n'))  # files of the machine
    for section, planted, at, kind in LOCAL_FAULTS:
        yield '\n'.join([sound, section, *planted, '']), len(lines_of(sound)) + 2 + at, [kind] + ([planted[0][1:].split()[0]] if 'unused' in kind else [])


CF_FAULTS = [f for n, f in sorted(globals().items()) if n.startswith('cf_')]
MC_FAULTS = [f for n, f in sorted(globals().items()) if n.startswith('mc_')]


def plant(path, faults, where):
    text = path.read_text(encoding='utf-8', errors='surrogateescape')
    out = []
    for fault in faults:
        for n, (planted, line, kinds) in enumerate(fault(text)):
            name = where / f'{fault.__name__}-{n}{path.suffix}'
            name.write_bytes(planted.encode('utf-8', errors='surrogateescape'))
            out.append((name, line, kinds, planted))
    return out


def is_on_bench(finding, kinds):
    """A file full of rulesets without callers is told of with one note that names them all."""
    return finding['kind'] == 'test-bench' and kinds[-1] in finding['text'].split(': ')[1].split(', ')


@pytest.mark.parametrize('mc', SOUND, ids=[label(s) for s in SOUND])
def test_finds_what_is_planted(mc, made, tmp_path, tell):
    planted = plant(mc, MC_FAULTS, tmp_path) + plant(made(mc), CF_FAULTS, tmp_path)
    told = {}
    paths = [p for p, *_ in planted]
    for i in range(0, len(paths), 50):
        for f in check(*paths[i:i + 50])[0]['findings']:
            told.setdefault(f['file'], []).append(f)
    missed = []
    for path, line, kinds, text in planted:
        found = told.get(str(path), [])
        if not any(f['kind'] in kinds and (line is None or f['line'] == line) or is_on_bench(f, kinds) for f in found):
            missed.append(f'{path.name} line {line}: {lines_of(text)[line - 1] if line else ""!r} wants {kinds}, told '
                          + str([(f['line'], f['kind']) for f in found if f['severity'] != 'note'][:5]))
    tell(f'check {label(mc)}: {len(planted) - len(missed)} found of {len(planted)}')
    assert not missed, '\n'.join(missed)
