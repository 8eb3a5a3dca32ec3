"""The API server: requests, answers as raw dictionaries, refusals by what to do about them."""
