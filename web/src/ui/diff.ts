// Word differences of two bodies, for reading; nothing is decided by them.
export interface Piece {
  kind: "same" | "added" | "removed";
  text: string;
}
const most = 1200; // words of the middle that is compared word by word

export function wordDiff(a: string, b: string): Piece[] {
  const x = a.split(/(\s+)/);
  const y = b.split(/(\s+)/);
  let head = 0;
  while (head < x.length && head < y.length && x[head] === y[head]) head++;
  let tail = 0;
  while (tail < x.length - head && tail < y.length - head && x[x.length - 1 - tail] === y[y.length - 1 - tail]) tail++;
  const mx = x.slice(head, x.length - tail);
  const my = y.slice(head, y.length - tail);
  const out: Piece[] = [];
  const put = (kind: Piece["kind"], text: string): void => {
    const last = out[out.length - 1];
    if (last && last.kind === kind) last.text += text;
    else if (text) out.push({ kind, text });
  };
  put("same", x.slice(0, head).join(""));
  if (mx.length > most || my.length > most) {
    put("removed", mx.join(""));
    put("added", my.join(""));
  } else {
    const w = my.length + 1;
    const lcs = new Uint16Array((mx.length + 1) * w);
    for (let i = mx.length - 1; i >= 0; i--)
      for (let j = my.length - 1; j >= 0; j--)
        lcs[i * w + j] = mx[i] === my[j] ? (lcs[(i + 1) * w + j + 1] as number) + 1 : Math.max(lcs[(i + 1) * w + j] as number, lcs[i * w + j + 1] as number);
    let i = 0;
    let j = 0;
    while (i < mx.length && j < my.length)
      if (mx[i] === my[j]) {
        put("same", mx[i++] as string);
        j++;
      } else if ((lcs[(i + 1) * w + j] as number) >= (lcs[i * w + j + 1] as number)) put("removed", mx[i++] as string);
      else put("added", my[j++] as string);
    put("removed", mx.slice(i).join(""));
    put("added", my.slice(j).join(""));
  }
  put("same", x.slice(x.length - tail).join(""));
  return out;
}
