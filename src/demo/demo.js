// A small planetary system to poke at from the REPL. Everything worth a try is a global.
"use strict"

const sun = { colour: "#ffcf5c", size: 22 }

const planets = {
  mercury: planet("#b9a48f", 48, 3, 4.1),
  venus: planet("#e8c27a", 74, 5, 1.6),
  earth: planet("#6db3ff", 104, 6, 1),
  mars: planet("#e0663f", 136, 4, 0.53),
  jupiter: planet("#d9a878", 190, 13, 0.2),
  saturn: planet("#e9d9a6", 250, 11, 0.12),
}

/** speed: rounds in ten seconds */
function planet(colour, distance, size, speed) {
  return { colour, distance, size, speed, angle: distance }
}

function addPlanet(name, { colour = "white", distance = 160, size = 5, speed = 1 } = {}) {
  planets[name] = planet(colour, distance, size, speed)
  return planets[name]
}

{
  const canvas = document.getElementById("sky")
  const pen = canvas.getContext("2d")
  let last = performance.now()

  const disc = (x, y, size, colour) => {
    pen.fillStyle = colour
    pen.beginPath()
    pen.arc(x, y, Math.max(0, size), 0, 2 * Math.PI)
    pen.fill()
  }

  const draw = (now) => {
    const seconds = Math.min(0.1, (now - last) / 1000)
    last = now
    const { clientWidth: width, clientHeight: height } = canvas
    const scale = devicePixelRatio
    if (canvas.width !== width * scale) canvas.width = width * scale
    if (canvas.height !== height * scale) canvas.height = height * scale
    pen.setTransform(scale, 0, 0, scale, width * 0.62 * scale, height * 0.58 * scale)
    pen.clearRect(-width, -height, 2 * width, 2 * height)
    disc(0, 0, sun.size, sun.colour)
    for (const body of Object.values(planets)) {
      body.angle += (body.speed * seconds * 2 * Math.PI) / 10
      pen.strokeStyle = "#ffffff18"
      pen.beginPath()
      pen.arc(0, 0, Math.max(0, body.distance), 0, 2 * Math.PI)
      pen.stroke()
      disc(Math.cos(body.angle) * body.distance, Math.sin(body.angle) * body.distance, body.size, body.colour)
    }
    requestAnimationFrame(draw)
  }
  requestAnimationFrame(draw)

  const show = (state) => {
    const line = document.getElementById("link")
    line.textContent = state === "ready" ? "connected" : `not connected (${state})`
    line.className = state
  }
  document.querySelector('script[src="/client.js"]').addEventListener("load", () => {
    show(replBridge.state)
    replBridge.on("stateChange", ({ to }) => show(to))
  })
}
