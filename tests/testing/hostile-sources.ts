const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
const nestedObjects = (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;

/** JSON texts, one a line, that a field seldom expects. Some are not JSON at all. */
const values = String.raw`
null
true
0
-0
-1
1.5
1e400
-1e400
1e-400
5e-324
1e308
NaN
Infinity
9007199254740993
123456789012345678901234567890
0.1000000000000000055511151231257827
4000000000.0000001
""
" "
"5"
"-1"
"1e999"
"NaN"
"0x10"
" 7 "
"true"
"null"
"\ud800"
"a\udfff"
"\u0000"
"\u202e\ufeff"
"é漢😀"
"a\nb\r\nX-Injected: 1"
"<script>alert(1)</script>"
"'; drop table agents; --"
"%s%n%{7*7}"
"../../etc/passwd"
"http://"
"ftp://127.0.0.1/"
"http://user:pw@127.0.0.1/"
"http://127.0.0.1:99999/"
"http://[::1"
"javascript:alert(1)"
"http://127.0.0.1:1/#x"
"//127.0.0.1"
"http://127.0.0.1:1/\u0000"
"http:///x"
[]
[null]
[[]]
[1,2,3]
["a","a","A"]
[{}]
[""]
{}
{"__proto__":{"admin":true}}
{"constructor":{"prototype":{"x":1}}}
{"toString":null,"valueOf":null,"toJSON":1,"then":1}
`;

export const hostileValues: readonly string[] = [
  ...values.trim().split("\n"),
  `"${"x".repeat(300)}"`,
  `"${"é".repeat(11_000)}"`,
  nested(63),
  nested(70),
  nestedObjects(60),
  nested(5_000),
];

export const hostileNames: readonly string[] = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "then",
  "toJSON",
  "",
  "id",
  "é",
  "\u0000",
];

/** Path segments, also used as query values, one a line. */
const segments = `
a
%
%zz
%00
%ff%fe
%ed%a0%80
..
%2e%2e%2f
a%2fb
null
undefined
__proto__
constructor
-1
1e400
NaN
*
';--
[]
not-a-uuid
00000000-0000-0000-0000-000000000000
`;

export const hostileSegments: readonly string[] = [
  ...segments.trim().split("\n"),
  "\u00e9",
  "9".repeat(400),
  "x".repeat(600),
];

export const hostileQueries: readonly string[] = [
  "&&&",
  "=",
  "=&=",
  "a=1&a=2",
  "__proto__[x]=1",
  "constructor=1&__proto__=2",
  "limit[]=1",
  "q=%00",
  "%",
  "?",
  "a".repeat(2_000),
];

/** Bodies that are wrong as a whole, one a line. */
const bodies = String.raw`
null
[]
"text"
5
true
{}
{
}
[{}]
{'a':1}
{"a":1,}
{"a":1}{"a":1}
{"a":"\x"}
name=a&url=b
`;

/** @param bytesMax the server's limit */
export const hostileBodies = (bytesMax: number): readonly Buffer[] => [
  ...[...bodies.trim().split("\n"), "", " ", "\r\n", "\ufeff{}", "{}\0", '{"a":"\n"}'].map((body) => Buffer.from(body)),
  ...[nested(65), nested(bytesMax / 2), nestedObjects(65)].map((body) => Buffer.from(body)),
  Buffer.from([0xff, 0xfe, 0x7b, 0x00]),
  Buffer.from('{"name":"\xff\xfe","url":"\xc0\xaf"}', "latin1"),
  Buffer.from(`{"name":"${"x".repeat(bytesMax)}"}`),
  Buffer.alloc(bytesMax + 1, "["),
  Buffer.alloc(bytesMax, " "),
];
