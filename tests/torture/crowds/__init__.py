"""What the other threads do while one forks: a file each, with `gather`, which has them do it."""
