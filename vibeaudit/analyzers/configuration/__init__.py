"""Configuration files as trees of positioned values, and the questions that rules ask of them."""
