/** How an image is saved. */
export interface ImageOptions {
  readonly kind: 'png' | 'svg';
  readonly title: string;
  /** Of the file, without an ending. */
  readonly name: string;
  /** Written on the image, such as that its figures are simulated; null = nothing. */
  readonly mark: string | null;
}

const HEAD_PX = 28;
const FOOT_PX = 22;
const SVG = 'http://www.w3.org/2000/svg';
/** Sharp on paper as well. */
const PNG_SCALE = 2;
/** What of the style of the page a chart needs when it stands alone. */
const KEPT_STYLES = [
  'fill',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'opacity',
  'font-family',
  'font-size',
  'font-weight',
  'text-anchor',
];

/** Saves a chart as a file of its own, with its title, where it is from, and the mark of simulated data. */
export async function saveImage(svg: SVGSVGElement, options: ImageOptions): Promise<void> {
  const { width, height } = svg.getBoundingClientRect();
  const text = new XMLSerializer().serializeToString(standAlone(svg, width, height, options));
  const image = new Blob([text], { type: 'image/svg+xml' });
  saveFile(
    options.kind === 'svg' ? image : await toPng(image, width, height + HEAD_PX + FOOT_PX),
    `${options.name}.${options.kind}`,
  );
}

/** Hands a file to the one who looks. */
export function saveFile(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

function standAlone(svg: SVGSVGElement, width: number, height: number, { title, mark }: ImageOptions): SVGSVGElement {
  const style = getComputedStyle(svg);
  const ground = getComputedStyle(document.body).backgroundColor;
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const from = [svg, ...svg.querySelectorAll('*')];
  for (const [index, element] of [copy, ...copy.querySelectorAll('*')].entries()) {
    const original = from[index];
    if (original === undefined || !(element instanceof SVGElement)) continue;
    const computed = getComputedStyle(original);
    for (const name of KEPT_STYLES) element.style.setProperty(name, computed.getPropertyValue(name));
  }
  copy.setAttribute('y', String(HEAD_PX));
  copy.setAttribute('width', String(width));
  copy.setAttribute('height', String(height));
  const page = document.createElementNS(SVG, 'svg');
  const total = height + HEAD_PX + FOOT_PX;
  page.setAttribute('xmlns', SVG);
  page.setAttribute('width', String(width));
  page.setAttribute('height', String(total));
  page.setAttribute('viewBox', `0 0 ${width} ${total}`);
  page.setAttribute('font-family', style.fontFamily);
  page.setAttribute('fill', style.color);
  const back = document.createElementNS(SVG, 'rect');
  back.setAttribute('width', '100%');
  back.setAttribute('height', '100%');
  back.setAttribute('fill', ground);
  page.append(
    back,
    line(title, 18, 14, 'bold'),
    copy,
    line([mark, location.href].filter(Boolean).join(' · '), total - 7, 10, 'normal'),
  );
  return page;
}

function line(content: string, y: number, size: number, weight: string): SVGTextElement {
  const text = document.createElementNS(SVG, 'text');
  text.setAttribute('x', '6');
  text.setAttribute('y', String(y));
  text.setAttribute('font-size', String(size));
  text.setAttribute('font-weight', weight);
  text.textContent = content;
  return text;
}

async function toPng(image: Blob, width: number, height: number): Promise<Blob> {
  const url = `data:image/svg+xml;base64,${await base64(image)}`;
  const picture = new Image();
  picture.src = url;
  await picture.decode();
  const canvas = document.createElement('canvas');
  canvas.width = width * PNG_SCALE;
  canvas.height = height * PNG_SCALE;
  canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) => (blob === null ? reject(new Error('The browser makes no PNG of this size')) : resolve(blob)),
      'image/png',
    ),
  );
}

/** Base64 and not an address of a blob: some browsers call a canvas unsafe that has drawn the latter. */
async function base64(image: Blob): Promise<string> {
  let text = '';
  for (const byte of new Uint8Array(await image.arrayBuffer())) text += String.fromCharCode(byte);
  return btoa(text);
}
