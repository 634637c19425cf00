"""Programs that end, or fork, while their threads are in the middle of something.

A seed chooses the variant: what the threads do, how many they are, how and at which moment the program
ends. The variant is the same each time, the interleaving is the system's. `python -m torture` runs one
seed again and again.
"""
