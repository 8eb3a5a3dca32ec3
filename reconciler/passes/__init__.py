"""From a key to what is written: a queue, workers, one pass at a time for each key."""
