"""Worlds in which the truth is known: how often is the report wrong in them?"""
