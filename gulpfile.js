const { rm } = require('node:fs/promises');
const { dest, parallel, src } = require('gulp');

// `n8n-node build` has compiled the TypeScript into dist/; this adds what n8n reads beside it.
const files = { encoding: false, allowEmpty: true };

const icons = () =>
	src(['nodes/**/*.{svg,png}', 'credentials/**/*.{svg,png}'], { ...files, base: '.' }).pipe(dest('dist'));
const codex = () => src('nodes/**/*.node.json', { ...files, base: '.' }).pipe(dest('dist'));
const templates = () => src('workflows/*.json', { ...files, base: '.' }).pipe(dest('dist'));

// The official build copies every picture of the repository; those of the documentation have no place in the package.
const withoutPicturesOfTheDocs = () => rm('dist/docs', { recursive: true, force: true });

exports.build = parallel(withoutPicturesOfTheDocs, icons, codex, templates);
exports.default = exports.build;
