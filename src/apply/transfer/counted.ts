/** The same bytes, with each piece told once it was taken: its length, and that of all so far. */
export async function* counted(
  bytes: AsyncIterable<Uint8Array>,
  onPiece: (length: number, sent: number) => void,
): AsyncIterable<Uint8Array> {
  let sent = 0;
  for await (const piece of bytes) {
    yield piece;
    sent += piece.length;
    onPiece(piece.length, sent);
  }
}
