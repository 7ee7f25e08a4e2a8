/** What a detached Cordon says once the directories are its own: from then on it is what answers at the socket. */
export const HOLDS_THE_LOCK = 'holds-the-lock'
