divert(-1)
masquerade_envelope: the envelope sender is masqueraded too

_define(`_MASQUERADE_ENVELOPE_', 1)
