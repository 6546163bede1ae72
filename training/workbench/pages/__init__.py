"""The pages, a module each; what they show comes from modules without a page."""
