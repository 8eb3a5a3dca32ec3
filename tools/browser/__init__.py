"""A real browser for the page: Chromium without a window, led by its DevTools protocol."""
