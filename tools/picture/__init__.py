"""A moving picture of the demo: recorded from a real run, drawn as an SVG that moves by itself."""
