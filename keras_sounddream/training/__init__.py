"""Recipes: a data set, a model and a schedule, with exact resume."""
