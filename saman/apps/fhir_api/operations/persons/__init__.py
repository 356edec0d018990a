"""Operations about persons: each is a question to the record, which fences and logs it."""
