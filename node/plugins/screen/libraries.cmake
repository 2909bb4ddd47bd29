list(APPEND libraries astro crypt)
