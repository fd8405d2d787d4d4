// Makes of what somebody has chosen what is kept of it: a picture no larger than is looked at, without what a camera
// notes in it, and a small one of it; everything else as it is.

const SIDE = 2048;
const SMALL = 320;

// What is kept, how it is called if somebody has called it something, when it was taken, and whether all that a camera
// has noted was taken out.
export async function kept(file, isPicture) {
  const name = isPicture ? '' : file.name;
  const taken = Math.min(file.lastModified || Infinity, Date.now());
  const whole = await (file.type.startsWith('image/') ? createImageBitmap(file) : Promise.reject()).catch(() => {});
  if (!whole && isPicture) throw new Error('no picture');
  if (!whole) {
    const mime = file.type || 'application/octet-stream';
    return { file, name, size: file.size, mime, taken, stripped: false, thumb: new Uint8Array() };
  }
  const [large, small] = [await drawn(whole, SIDE, 0.85), await drawn(whole, SMALL, 0.7)];
  const thumb = new Uint8Array(await small.arrayBuffer());
  return { file: large, name, size: large.size, mime: large.type, taken, stripped: true, thumb };
}

// Drawn anew nothing is left of it but what is seen; where nothing was painted it is white.
async function drawn(picture, side, quality) {
  const scale = Math.min(1, side / Math.max(picture.width, picture.height));
  const [width, height] = [picture.width, picture.height].map((length) => Math.max(1, Math.round(length * scale)));
  const canvas = new OffscreenCanvas(width, height);
  const paint = canvas.getContext('2d');
  paint.fillStyle = '#fff';
  paint.fillRect(0, 0, width, height);
  paint.drawImage(picture, 0, 0, width, height);
  return canvas.convertToBlob({ type: 'image/jpeg', quality });
}
