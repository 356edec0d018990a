"""Operations on forms: answers filled in beforehand, resources made from answers. Neither writes anything."""
