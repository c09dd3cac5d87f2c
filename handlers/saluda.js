// Responde con un saludo y con la versión de Node.js que lo ejecuta; espera {"nombre": …}.

exports.handler = async (event) => {
  return { saludo: `Hola, ${event.nombre}`, node: process.version };
};
