"""A pinhole camera in integers: where it stands, where it looks, what it would see of a point."""

from dataclasses import dataclass, replace

from .angles import ONE, TURN, cosine, sine, turned

REACH = 1024


@dataclass(frozen=True)
class Camera:
    """`pitch` is positive upwards; `reach` is the tangent of half the field of view times 1,024;
    `speed` is mm a second along `yaw`."""

    x: int
    y: int
    z: int
    yaw: int
    pitch: int
    reach: int
    speed: int = 0

    def at(self, time_ms):
        dx, dy = turned(self.speed * time_ms // 1000, 0, self.yaw)
        return replace(self, x=self.x + dx, y=self.y + dy)

    def seen(self, x, y, z):
        """A point in mm to the right, forward along the optical axis, and up."""
        dx, dy, dz = x - self.x, y - self.y, z - self.z
        s, c, u, v = sine(self.yaw), cosine(self.yaw), sine(self.pitch), cosine(self.pitch)
        ahead, right = dx * c + dy * s, dx * s - dy * c
        forward, up = ahead * v + dz * ONE * u, dz * ONE * v - ahead * u
        return right // ONE, forward // ONE**2, up // ONE**2

    def ahead(self, x, y):
        """A point of the ground in mm straight ahead and to the left, whatever the pitch."""
        return turned(x - self.x, y - self.y, -self.yaw)

    def basis(self):
        """Right, forward and up, scaled by ONE squared."""
        s, c, u, v = sine(self.yaw), cosine(self.yaw), sine(self.pitch), cosine(self.pitch)
        return (s * ONE, -c * ONE, 0), (c * v, s * v, u * ONE), (-c * u, -s * u, v * ONE)


def heading(x, y):
    """The angle of a direction, to 1/128 of a turn."""
    return max(range(0, TURN, 8), key=lambda angle: x * cosine(angle) + y * sine(angle))
