"""The pure core: parse a manifest, observe the cluster's facts, decide the split, render the VirtualService.

Functions from values to values. No I/O, clock, randomness or logging; standard library only.
"""
