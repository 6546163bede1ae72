"""The workbench: pages to look at data, try and compare models, and start trainings."""
