"""The terminal. It sees the studio and the core alone, and knows neither Qt nor torch."""
