"""Operations on subscriptions: topics, how they stand, what happened, and tokens for web sockets."""
