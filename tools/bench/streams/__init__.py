"""Streams that last (gRPC, WebSocket, plain TCP) through a rollout: who is cut, when, and by whom."""
