// Espera {"nombre": …}: responde con un saludo y la versión de Node.js.

exports.handler = async (event) => {
  return { saludo: `Hola, ${event.nombre}`, node: process.version };
};
