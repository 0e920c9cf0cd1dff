/** A colour as CSS writes it: lightness 0 to 1, chroma, hue in degrees. */
export interface Oklch {
  l: number;
  c: number;
  h: number;
}
export type Triple = readonly [number, number, number];

const times = (matrix: readonly Triple[], [x, y, z]: Triple): Triple =>
  matrix.map(([a, b, c]) => a * x + b * y + c * z) as unknown as Triple;

// Björn Ottosson, "A perceptual color space for image processing" (2020), and its inverse.
const LMS_OF_LAB: readonly Triple[] = [
  [1, 0.3963377774, 0.2158037573],
  [1, -0.1055613458, -0.0638541728],
  [1, -0.0894841775, -1.291485548],
];
const RGB_OF_LMS: readonly Triple[] = [
  [4.0767416621, -3.3077115913, 0.2309699292],
  [-1.2684380046, 2.6097574011, -0.3413193965],
  [-0.0041960863, -0.7034186147, 1.707614701],
];
const LMS_OF_RGB: readonly Triple[] = [
  [0.4122214708, 0.5363325363, 0.0514459929],
  [0.2119034982, 0.6806995451, 0.1073969566],
  [0.0883024619, 0.2817188376, 0.6299787005],
];
const LAB_OF_LMS: readonly Triple[] = [
  [0.2104542553, 0.793617785, -0.0040720468],
  [1.9779984951, -2.428592205, 0.4505937099],
  [0.0259040371, 0.7827717662, -0.808675766],
];

/** sRGB, linear, each 0 to 1; a colour that a screen cannot show is cut off there. */
export function linearRgb({ l, c, h }: Oklch): Triple {
  const angle = (h * Math.PI) / 180;
  const lms = times(LMS_OF_LAB, [l, c * Math.cos(angle), c * Math.sin(angle)]).map((part) => part ** 3);
  const rgb = times(RGB_OF_LMS, lms as unknown as Triple);
  return rgb.map((part) => Math.min(1, Math.max(0, part))) as unknown as Triple;
}

export function oklab(rgb: Triple): Triple {
  return times(LAB_OF_LMS, times(LMS_OF_RGB, rgb).map(Math.cbrt) as unknown as Triple);
}

/** Distance in Oklab, times a hundred. */
export function distance(a: Triple, b: Triple): number {
  const [from, to] = [oklab(a), oklab(b)];
  return 100 * Math.hypot(from[0] - to[0], from[1] - to[1], from[2] - to[2]);
}

/** WCAG 2.2, relative luminance. */
export const luminance = ([r, g, b]: Triple): number => 0.2126 * r + 0.7152 * g + 0.0722 * b;

/** WCAG 2.2, contrast ratio: 1 to 21. */
export function contrast(a: Triple, b: Triple): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** How a colour looks, by kind of sight. Machado, Oliveira and Fernandes (2009), severity 1, on linear light. */
export const sights: Record<string, (rgb: Triple) => Triple> = {
  all: (rgb) => rgb,
  protanopia: (rgb) =>
    times(
      [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
      ],
      rgb,
    ),
  deuteranopia: (rgb) =>
    times(
      [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.01182, 0.04294, 0.968881],
      ],
      rgb,
    ),
  tritanopia: (rgb) =>
    times(
      [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.3039],
      ],
      rgb,
    ),
};
