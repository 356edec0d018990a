"""The operation that tells what is wrong with a resource, and whether it would be taken."""
