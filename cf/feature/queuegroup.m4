divert(-1)
queuegroup: the access table chooses the queue

_needs_access(`queuegroup')_define(`_QUEUE_GROUP_', _ARG_)
