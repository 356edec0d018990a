"""What all pages share: macros, tokens, styles, languages."""
