/** True for the mode of a file that not everybody may read: no copy of it may be for everybody. */
export const isHidden = (mode: number): boolean => (mode & 0o004) === 0;
