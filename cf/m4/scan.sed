# scan.sed - what m4 would pass over in silence. Reads an .mc file as LINENUMBER and text on lines of their own (sed =), writes calls of
# the macros _called(line, `word'), _section(line) and _misquoted(line, `word'), which m4/cf.m4 defines.
#
# m4 copies a word that it does not know, so MASQUERADEAS(`x') would have no effect but a strange line in the .cf.

N
s/\n/:/

# Comment between divert(-1) and the next divert.
/^[0-9]+:[[:blank:]]*divert\(-1\)/,/^[0-9]+:[[:blank:]]*divert(\(0?\))?([^(]|$)/d

# Lines that m4 passes over, and lines of a .cf.
/^[0-9]+:[[:blank:]]*(dnl[^[:alnum:]_]|dnl$|#|$)/d

# Text for the .cf begins: no more words are expected until one that is known.
/^[0-9]+:(LOCAL_[A-Z0-9_]*|MAILER_DEFINITIONS)[[:blank:]]*(dnl.*)?$/{
	s/^([0-9]+):([A-Z0-9_]*).*/_section(\1, `\2')dnl/p
	d
}

# word( with something else behind it than a quote, a word, a path, a number or a macro: 'x', "x" and typographic quotes.
/^[0-9]+:[[:blank:]]*[A-Za-z_][A-Za-z0-9_]*\([[:blank:]]*[^][:blank:][:alnum:]`$_,).\/<>[-]/{
	s/^([0-9]+):[[:blank:]]*([A-Za-z_][A-Za-z0-9_]*).*/_misquoted(\1, `\2')dnl/p
	d
}

# word( and WORD alone.
s/^([0-9]+):[[:blank:]]*([A-Za-z_][A-Za-z0-9_]*)\(.*/_called(\1, `\2')dnl/p
s/^([0-9]+):[[:blank:]]*([A-Z][A-Z0-9_]{3,})[[:blank:]]*(dnl.*)?$/_called(\1, `\2')dnl/p
