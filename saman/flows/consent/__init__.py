"""What people allow and do not allow: said by themselves, taken back by themselves."""
