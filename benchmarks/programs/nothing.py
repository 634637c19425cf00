"""A program that ends as soon as it has begun."""
