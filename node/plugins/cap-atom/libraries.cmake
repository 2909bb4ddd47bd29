list(APPEND libraries types crypt)
