divert(-1)
virtusertable: the table of that name

_define(`_VIRTUSER_TABLE_', 1)
_map(`virtuser', `virtusertable', `virtuser')
