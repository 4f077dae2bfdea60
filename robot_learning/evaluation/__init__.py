"""How often a policy succeeds, through the deployed code."""
