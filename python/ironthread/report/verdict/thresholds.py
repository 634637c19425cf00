"""From when on something limits a program. Shares are of the time that the program ran."""

SHORTEST = 0.2
"""Seconds. What ran shorter has done little but start; the GIL was looked at twenty times."""

MOST = 0.5
"""What goes on for half of the time limits a program: without it it would take half as long."""

PART = 1 / 3
"""Of two things that limit a program one after the other, neither may take half: so much each."""

TOLD = 3
"""So many are told at the most. Longer lists are not read."""

LITTLE = 0.1
"""What goes on for less than a tenth limits nothing: one would not notice if it went."""

WAITERS = 1.0
"""So many threads have to wait for the GIL in the mean: with fewer, a second one had its turns."""

LOOKS = 10
"""With fewer looks at the GIL, a share of one half may be chance (its error is 0.16 then)."""

CONTENDED = 10
"""Of so few waits for a lock each may be meant: a lock that is used as a gate."""

ITEMS = 20
"""With fewer items, a queue was no pipeline."""

IDLE_CONSUMERS = 1.5
"""In the mean. A single consumer that waits is how a writer of logs spends its life."""

IDLE_CPU = 0.5
"""Of one processor: below, neither the processors nor the GIL keep anybody waiting."""

ELSEWHERE = 0.6
"""Of the workers' lives. Who spends more than that in input and output is mostly there."""

CROWD = 100
"""With fewer threads started, their start cannot have taken much."""

STARTING = 0.25
"""A quarter of the time is saved by a pool at once, for its threads are started once."""

CHURN = 1.5
"""So many times what a thread does its start has to take: threads that do as much are worth it."""

USED = 0.8
"""Of the processors. With less, others have them, or they are idle now and then."""

CROWDED = 1.5
"""So many threads for each processor: with hardly more than one, none waits for long."""

STRETCHED = 0.45
"""So much of the time that threads took was due to others on their processors: six that hand the
GIL over on two processors come to 0.4 by themselves, four that hash beside two programs to 0.5."""

SEVERAL = 2
"""A single thread that is joined may be a whole program, such as a server."""

TAKES = 0.1
"""Of an even share of the items. Who takes less only looks in, such as who empties the queue."""
